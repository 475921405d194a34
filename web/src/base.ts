//! Where the app lives. The server writes `<base href="…/">`; every address the
//! app asks for is relative to it, so one build serves any path.

/** Path of the app, with a slash at both ends. */
export const basePath = (): string => new URL('.', document.baseURI).pathname

/** Absolute address of a path of ours ("/api/me" or "api/me"). */
export const absolute = (path: string): string =>
  new URL(path.replace(/^\/+/, ''), new URL('.', document.baseURI)).href

/**
 * The same address at the origin we were reached by. The JMAP session names
 * addresses of the public URL; someone who came by another name could not reach them.
 * Template parts in braces survive.
 */
export function atOurOrigin(address: string): string {
  const slash = address.indexOf('/', address.indexOf('://') + 3)
  return slash < 0 ? location.origin : location.origin + address.slice(slash)
}
