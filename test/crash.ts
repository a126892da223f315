import { randomInt } from 'node:crypto'
import { openLog } from '../platform/log.ts'
import { crash } from './crash/crash.ts'

/** `npm run test:crash`: `KILLS=500 SEED=7 npm run test:crash` for more of them, or for the same again. */
const kills = Number(process.env['KILLS'] ?? 25)
const seed = Number(process.env['SEED'] ?? randomInt(1_000_000))
const report = await crash({
  seed,
  kills,
  log: openLog({ level: 'error', human: true }),
  tell: (line) => void process.stdout.write(`${line}\n`),
})
process.stdout.write(
  `${report.kills} kills in ${report.faults} faults: ${report.events} events of ${report.records} records, 0 lost, 0 counted twice; ` +
    `${report.figures} answers as undisturbed; ${report.seconds} s (SEED=${report.seed})\n`,
)
