//! Starts the real program for the stories, in one temporary folder:
//!
//! - `tegata sandbox` and `tegata serve` with nothing but an administrator, its public
//!   address with a path of its own, as the original has it: once for each file of stories
//!   that registers something (`Places`)
//! - `demo`: `tegata demo`, with two people and two connected mailboxes
//!
//! Where they are is handed to the tests in the environment (`places.ts` reads it).
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ADMIN, type Places } from './places'

const PATIENCE_MS = 60_000

export default async function setup() {
  const program = process.env.TEGATA_PROGRAM!
  const folder = mkdtempSync(join(tmpdir(), 'tegata-stories-'))
  const children: ChildProcess[] = []
  const start = (log: string, ...args: string[]) => {
    const file = openSync(log, 'w')
    const child = spawn(program, args, { cwd: dirname(log), stdio: ['ignore', file, file] })
    children.push(child)
    return child
  }
  const stop = async () => {
    for (const child of children.reverse()) await end(child)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const shots = !!process.env.TEGATA_SHOTS
    const empty = shots ? [] : (['story', 'trouble', 'guide', 'faults', 'endings'] as const)
    const started = await Promise.all([
      demo(join(folder, 'demo'), start).then((place) => ['demo', place] as const),
      ...empty.map(
        async (name) => [name, await story(program, join(folder, name), start)] as const,
      ),
    ])
    const places: Partial<Places> = Object.fromEntries(started)
    process.env.TEGATA_PLACES = JSON.stringify(places)
  } catch (error) {
    for (const log of ['story/sandbox.log', 'story/serve.log', 'demo/demo.log'])
      try {
        console.error(`${log}:\n${readFileSync(join(folder, log), 'utf8').slice(-3000)}`)
      } catch {
        // Not written yet.
      }
    await stop()
    throw error
  }
  return stop
}

type Start = (log: string, ...args: string[]) => ChildProcess

async function story(program: string, folder: string, start: Start) {
  mkdirSync(folder)
  const port = await freePort()
  const base = `http://localhost:${port}/gsession`
  const ca = join(folder, 'sandbox-ca.pem')
  const sandbox = start(
    join(folder, 'sandbox.log'),
    ...['sandbox', '--port-base', '0', '--seed', '11', '--ca-file', ca],
    ...['--redirect-uri', `${base}/common/cmn270.do`],
  )
  const control = await until(sandbox, () => {
    const said = readFileSync(join(folder, 'sandbox.log'), 'utf8')
    return /^Control: (\S+)$/m.exec(said)?.[1]?.replace(/\/$/, '')
  })
  const providers = await (
    await fetch(`${control}/config.toml?ca_file=${encodeURIComponent(ca)}`)
  ).text()
  const config = join(folder, 'tegata.toml')
  writeFileSync(
    config,
    `[server]\npublic_url = "${base}"\nlisten = "127.0.0.1:${port}"\ntls = "off"\n\n${providers}`,
  )
  const password = join(folder, 'password')
  writeFileSync(password, ADMIN.password, { mode: 0o600 })
  execFileSync(
    program,
    [
      ...['--config', config, 'user', 'add', ADMIN.login, '--admin', '--name', '管理 太郎'],
      ...['--password-file', password],
    ],
    { cwd: folder, stdio: 'pipe' },
  )
  await answers(
    start(join(folder, 'serve.log'), '--config', config, 'serve'),
    `http://localhost:${port}/healthz`,
  )
  return { base: `${base}/`, control }
}

async function demo(folder: string, start: Start) {
  mkdirSync(folder)
  const [port, sandboxPort] = [await freePort(), await freeRow(9)]
  const child = start(
    join(folder, 'demo.log'),
    ...['demo', '--port', String(port), '--sandbox-port', String(sandboxPort)],
    ...['--data', join(folder, 'data')],
  )
  await until(child, () => readFileSync(join(folder, 'demo.log'), 'utf8').includes('Tegata serves'))
  return { base: `http://localhost:${port}/`, control: `http://127.0.0.1:${sandboxPort}` }
}

async function until<T>(child: ChildProcess, look: () => T | undefined | false): Promise<T> {
  const last = Date.now() + PATIENCE_MS
  for (;;) {
    const found = look()
    if (found) return found
    if (child.exitCode !== null) throw new Error(`${child.spawnargs[1]} ended: ${child.exitCode}`)
    if (Date.now() > last) throw new Error(`${child.spawnargs[1]} did not start in time`)
    await new Promise((go) => setTimeout(go, 50))
  }
}

async function answers(child: ChildProcess, url: string) {
  let well = false
  const ask = () =>
    fetch(url).then(
      ({ ok }) => (well = ok),
      () => {},
    )
  await until(child, () => (void ask(), well))
}

/** SIGTERM, so that the program ends what it has started; then, at the worst, SIGKILL. */
async function end(child: ChildProcess) {
  if (child.exitCode !== null) return
  const ended = new Promise((go) => child.once('exit', go))
  child.kill('SIGTERM')
  const kill = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await ended
  clearTimeout(kill)
}

const freePort = () => freeRow(1)

/** The first of `count` ports in a row that are free now. */
async function freeRow(count: number): Promise<number> {
  for (let tries = 0; tries < 50; tries += 1) {
    // Below the ports that the system gives out by itself: nobody takes one between here and its use.
    const first = 20_000 + Math.floor(Math.random() * 12_000)
    const held: Awaited<ReturnType<typeof hold>>[] = []
    try {
      for (let port = first; port < first + count; port += 1) held.push(await hold(port))
      return first
    } catch {
      // One of them is taken: another row.
    } finally {
      await Promise.all(held.map(({ free }) => free()))
    }
  }
  throw new Error(`no ${count} free ports in a row`)
}

function hold(port: number): Promise<{ port: number; free: () => Promise<void> }> {
  return new Promise((done, fail) => {
    const server = createServer()
    server.once('error', fail)
    server.listen(port, '127.0.0.1', () => {
      const taken = server.address()
      if (typeof taken !== 'object' || !taken) return fail(new Error('no address'))
      done({ port: taken.port, free: () => new Promise((go) => server.close(() => go())) })
    })
  })
}
