//! Bytes up and down.

import { csrfToken } from '../api/client'
import { networkProblem, Problem } from '../api/problem'
import type { Part } from './types'

export function downloadAddress(template: string, accountId: string, part: Part): string {
  const value = (text: string) => encodeURIComponent(text)
  return template
    .replace('{accountId}', value(accountId))
    .replace('{blobId}', value(part.blobId ?? ''))
    .replace('{name}', value(part.name || 'file'))
    .replace('{type}', value(part.type || 'application/octet-stream'))
}

export type Uploaded = { accountId: string; blobId: string; type: string; size: number }

/** Uploads with progress (0…1). XMLHttpRequest, because fetch cannot tell how far it is. */
export function upload(
  template: string,
  accountId: string,
  file: File,
  progress: (share: number) => void,
  signal?: AbortSignal,
): Promise<Uploaded> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', template.replace('{accountId}', encodeURIComponent(accountId)))
    request.responseType = 'json'
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream')
    request.setRequestHeader('X-CSRF-Token', csrfToken())
    request.upload.onprogress = ({ loaded, total }) => progress(total ? loaded / total : 0)
    request.onerror = () => reject(networkProblem())
    request.onabort = () => reject(signal?.reason)
    request.onload = () => {
      const body = request.response as (Uploaded & { title?: string; detail?: string }) | null
      if (request.status < 300 && body?.blobId) resolve(body)
      else
        reject(
          new Problem(request.status, '/problems/upload', body?.title ?? '', body?.detail ?? ''),
        )
    }
    signal?.addEventListener('abort', () => request.abort())
    request.send(file)
  })
}

const MAX_INLINE = 4_000_000

/** A part as a data: address; a frame without an origin cannot load blob: of ours. */
export async function asDataUrl(address: string): Promise<string | null> {
  const response = await fetch(address, { credentials: 'same-origin' })
  if (!response.ok) return null
  const blob = await response.blob()
  if (blob.size > MAX_INLINE || !blob.type.startsWith('image/')) return null
  return new Promise((resolve) => {
    const reader = new FileReader()
    reader.onload = () => resolve(reader.result as string)
    reader.onerror = () => resolve(null)
    reader.readAsDataURL(blob)
  })
}
