import { spawn } from 'node:child_process'

/** A child process that ends itself when this process is gone, however it went. */
export type GuardedChild = {
  pid: number
  /** Resolves with the exit code (`null` after a signal) once the process is gone. Never rejects. */
  exited: Promise<number | null>
  /** Whether it is gone. */
  gone(): boolean
  /** The end of what it wrote to standard error, at most 16 KiB. */
  stderr(): string
  /** Resolves with the first line on standard output; `null` where the process ended without one. */
  firstLine: Promise<string | null>
  /** Closes its standard input, which tells it to end. */
  release(): void
  /** Ends it without asking. */
  kill(): void
}

const STDERR_KEPT = 16_384

/**
 * Starts `node SCRIPT ARGUMENTS…` with a pipe as standard input that ends with this process. The script must end itself when its
 * standard input ends. It runs in a process group of its own: Ctrl-C in a terminal reaches only this process, which drains first.
 */
export function startGuardedChild(script: string, args: readonly string[], env: Record<string, string>): GuardedChild {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    env,
  })
  let stderr = ''
  let gone = false
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT)
  })
  child.stdin.on('error', () => {})
  const firstLine = new Promise<string | null>((resolve) => {
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.includes('\n')) return
      stdout += text
      const end = stdout.indexOf('\n')
      if (end >= 0) resolve(stdout.slice(0, end))
    })
    child.on('close', () => resolve(null))
  })
  const exited = new Promise<number | null>((resolve) => {
    child.on('error', (error) => {
      stderr = `${stderr}\n${error.message}`
      gone = true
      resolve(null)
    })
    // `close` and not `exit`: only then has everything on standard error been read.
    child.on('close', (code) => {
      gone = true
      resolve(code)
    })
  })
  return {
    pid: child.pid ?? 0,
    exited,
    gone: () => gone,
    stderr: () => stderr,
    firstLine,
    release: () => void child.stdin.end(),
    kill: () => void child.kill('SIGKILL'),
  }
}
