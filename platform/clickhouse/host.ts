/**
 * The process that the embedded ClickHouse runs in: `node host.ts LIBRARY ARGUMENTS…`. Its standard input is a pipe that the parent
 * holds open and never writes to: when the parent is gone, however it went, the pipe ends and this process ends itself.
 */
import { DataType, load, open } from 'ffi-rs'

const [library = '', ...args] = process.argv.slice(2)

// The engine hangs in `process.exit()` while it runs, so the end of the parent is answered with the one signal that always works.
process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL'))
process.stdin.on('error', () => process.kill(process.pid, 'SIGKILL'))
process.stdin.resume()
// A service manager signals every process at once; the parent drains first and then ends the engine.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})

open({ library: 'chdb', path: library })
const argv = ['clickhouse', ...args]
await load({
  library: 'chdb',
  funcName: 'chdb_query_cmdline',
  retType: DataType.External,
  paramsType: [DataType.I32, DataType.StringArray],
  paramsValue: [argv.length, argv],
  runInNewThread: true,
})
// A failed start resolves like an orderly stop: only the parent, which reads standard error, can tell them apart.
process.exit(0)
