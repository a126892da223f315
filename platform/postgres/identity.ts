import { execFile } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { SightlineError } from '../errors.ts'

/** As whom the server runs. */
export type Identity = {
  /** The user that owns the cluster; `null` where it is the user of this process. */
  owner: { uid: number; gid: number } | null
  /** What is put before the command; empty where `owner` is simply taken on. */
  prefix: string[]
}

const run = promisify(execFile)

/**
 * PostgreSQL refuses to run as root, so under root it runs as the system user `postgres`, which is made where it is missing. Where a
 * folder above one of `paths` is closed to that user (a home folder, a temporary folder), the server gets the one capability that
 * lets it pass.
 *
 * @throws {SightlineError} `folder_not_writable`, `platform_unsupported`
 */
export async function serverIdentity(paths: readonly string[]): Promise<Identity> {
  if (process.getuid?.() !== 0) return { owner: null, prefix: [] }
  const owner = (await systemUser()) ?? (await createSystemUser())
  const closed = await firstClosed(paths, owner)
  if (closed === null) return { owner, prefix: [] }
  const prefix = [
    'setpriv',
    // Without this bit access(2), by which PostgreSQL looks at its own programs, ignores the capability.
    '--securebits=+no_setuid_fixup',
    `--reuid=${owner.uid}`,
    `--regid=${owner.gid}`,
    '--clear-groups',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
    '--bounding-set=-all,+dac_override',
    '--',
  ]
  try {
    const [program = '', ...args] = prefix
    await run(program, [...args, 'true'])
  } catch (cause) {
    throw new SightlineError(
      'folder_not_writable',
      `The folder ${closed} is closed to the system user "postgres", as whom PostgreSQL runs because it refuses to run as root.`,
      { next: 'Run as an ordinary user, use an open folder (for the data: --data DIR), or set DATABASE_URL to a server.', cause },
    )
  }
  return { owner, prefix }
}

async function systemUser(): Promise<{ uid: number; gid: number } | null> {
  const entries = (await readFile('/etc/passwd', 'utf8')).split('\n')
  const [, , uid, gid] = entries.find((line) => line.startsWith('postgres:'))?.split(':') ?? []
  return uid === undefined || gid === undefined ? null : { uid: Number(uid), gid: Number(gid) }
}

async function createSystemUser(): Promise<{ uid: number; gid: number }> {
  let cause: unknown
  try {
    await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres'])
  } catch (error) {
    cause = error
  }
  const user = await systemUser()
  if (user !== null) return user
  throw new SightlineError(
    'platform_unsupported',
    'PostgreSQL refuses to run as root, and the system user "postgres" could not be created.',
    { next: 'Run as an ordinary user, or set DATABASE_URL to a server.', cause },
  )
}

/** The topmost folder above one of the paths that the user may not pass through. */
async function firstClosed(paths: readonly string[], user: { uid: number; gid: number }): Promise<string | null> {
  const above = new Set<string>()
  for (const path of paths) {
    for (let folder = dirname(path); !above.has(folder); folder = dirname(folder)) above.add(folder)
  }
  for (const folder of [...above].toSorted((a, b) => a.length - b.length)) {
    const { mode, uid, gid } = await stat(folder)
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001
    if ((mode & bit) === 0) return folder
  }
  return null
}
