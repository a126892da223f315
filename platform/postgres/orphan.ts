import { execFile } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { SightlineError } from '../errors.ts'

const run = promisify(execFile)
const HOST = 'postgres/host.ts'

/**
 * Ends a server that a killed predecessor left on this folder, and removes the pid file of one that is gone: its number may belong
 * to another program by now, and PostgreSQL would refuse to start. A server that is still looked after is given time to end.
 *
 * @throws {SightlineError} `folder_in_use` where it is looked after and stays
 */
export async function clearOrphan(dir: string): Promise<void> {
  const pidFile = join(dir, 'postmaster.pid')
  const pid = Number((await readFile(pidFile, 'utf8').catch(() => '')).split('\n')[0])
  if (!Number.isInteger(pid) || pid <= 1) return
  for (const [signal, patienceMs] of [
    [0, 4_000],
    ['SIGINT', 4_000],
    ['SIGQUIT', 2_000],
    ['SIGKILL', 2_000],
  ] as const) {
    const server = await runningOn(pid, dir)
    if (server === null) break
    const lookedAfter = (await describe(server.parent))?.command.includes(HOST) ?? false
    if (signal === 0 && !lookedAfter) continue
    if (signal !== 0 && lookedAfter) {
      throw new SightlineError('folder_in_use', `Another PostgreSQL server (process ${pid}) is running on the folder ${dir}.`, {
        next: 'Stop it, or choose another folder with --data DIR.',
      })
    }
    if (signal !== 0) process.kill(pid, signal)
    const patience = Date.now() + patienceMs
    while (Date.now() < patience && (await runningOn(pid, dir)) !== null) await sleep(50)
  }
  if ((await runningOn(pid, dir)) === null) await rm(pidFile, { force: true })
}

async function runningOn(pid: number, dir: string): Promise<{ parent: number } | null> {
  const found = await describe(pid)
  return found !== null && found.command.includes('postgres') && found.command.includes(dir) ? found : null
}

/** The command line and parent of a process; `null` where there is none (or only its exit status is left). */
async function describe(pid: number): Promise<{ command: string; parent: number } | null> {
  try {
    if (process.platform === 'linux') {
      const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ')
      const parent = /^PPid:\s*(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]
      return command === '' ? null : { command, parent: Number(parent) }
    }
    const { stdout } = await run('ps', ['-o', 'ppid=,command=', '-p', String(pid)])
    const [, parent, command = ''] = /^\s*(\d+)\s+(.*)$/.exec(stdout.trim()) ?? []
    return command === '' ? null : { command, parent: Number(parent) }
  } catch {
    return null
  }
}
