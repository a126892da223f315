import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { SightlineError } from './errors.ts'

const SQLITE_BUSY = 5
/** How long a holder that was just killed may still hold the lock, or one that just took it may need to say who it is. */
const RELEASE_MS = 300

/** Locks that this process holds: one that nothing refers to would be closed, and so given back, by the garbage collector. */
const held = new Set<DatabaseSync>()

/** The folder of one installation's embedded stores and secrets, held by this process alone. */
export type DataFolder = {
  /** Absolute path. */
  path: string
  /** Reads a secret, or makes and keeps one: 32 random bytes as base64url unless `make` says otherwise. Mode 0600. */
  secret(name: string, make?: () => string): Promise<string>
  /** Gives the folder back. May be called twice. */
  release(): void
}

/**
 * Opens the data folder, which is created where missing, for this process alone.
 *
 * @throws {SightlineError} `folder_not_writable`, `folder_in_use`
 */
export async function openDataFolder(folder: string): Promise<DataFolder> {
  const path = resolve(folder)
  try {
    // Under root PostgreSQL runs as a system user, which must pass through this folder to its own. What lies in it is closed.
    await mkdir(path, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
    const probe = join(path, `.probe-${process.pid}`)
    await (await open(probe, 'w', 0o600)).close()
    await rm(probe)
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    throw new SightlineError('folder_not_writable', `The data folder ${path} cannot be written (${why}).`, {
      next: 'Choose another folder with --data DIR or SIGHTLINE_DATA.',
      cause,
    })
  }
  const lock = await takeLock(path)
  return {
    path,
    secret: (name, make = () => randomBytes(32).toString('base64url')) => keptSecret(path, name, make),
    release: () => {
      if (held.delete(lock)) lock.close()
    },
  }
}

/**
 * The lock is SQLite's on an empty database: the operating system gives it back with the process, however that ends, so there is no
 * stale lock to take over and no race in doing so. The number beside it is for the sentence only.
 */
async function takeLock(path: string): Promise<DatabaseSync> {
  const pidFile = join(path, 'pid')
  const patience = Date.now() + RELEASE_MS
  for (;;) {
    const lock = new DatabaseSync(join(path, 'lock'), { timeout: 0 })
    try {
      lock.exec('BEGIN EXCLUSIVE')
      await writeFile(pidFile, `${process.pid}\n`, { mode: 0o600 })
      held.add(lock)
      return lock
    } catch (cause) {
      lock.close()
      if (!(cause instanceof Error && 'errcode' in cause && cause.errcode === SQLITE_BUSY)) {
        throw new SightlineError('folder_not_writable', `The data folder ${path} cannot be locked (${String(cause)}).`, {
          next: 'Choose another folder with --data DIR or SIGHTLINE_DATA.',
          cause,
        })
      }
      if (Date.now() < patience) {
        await sleep(30)
        continue
      }
      const pid = (await readFile(pidFile, 'utf8').catch(() => '')).trim()
      throw new SightlineError('folder_in_use', `The data folder ${path} is in use by process ${pid === '' ? 'unknown' : pid}.`, {
        next: 'Stop that process, or choose another folder with --data DIR or SIGHTLINE_DATA.',
        cause,
      })
    }
  }
}

async function keptSecret(path: string, name: string, make: () => string): Promise<string> {
  const file = join(path, 'secrets', name)
  await mkdir(join(path, 'secrets'), { recursive: true, mode: 0o700 })
  const kept = await readFile(file, 'utf8').catch(() => null)
  if (kept !== null && kept.trim() !== '') return kept.trim()
  // Linked into place whole: a kill in the middle leaves no half secret.
  const draft = `${file}.${process.pid}`
  const handle = await open(draft, 'w', 0o600)
  try {
    await handle.writeFile(`${make()}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  if (kept !== null) await rm(file, { force: true })
  await link(draft, file).catch(() => {})
  await rm(draft, { force: true })
  return (await readFile(file, 'utf8')).trim()
}
