import { Command } from 'commander'
import { SightlineError } from '../platform/errors.ts'
import { alertsCommand } from './alerts.ts'
import { apiCommand } from './api.ts'
import { doctorCommand } from './doctor.ts'
import { importCommand } from './import.ts'
import { ingestCommand } from './ingest.ts'
import { keyCommand } from './key.ts'
import { mappingCommand } from './mapping.ts'
import { migrateCommand } from './migrate.ts'
import { rulesCommand } from './rules.ts'
import { simulateCommand } from './simulate.ts'
import { sourceCommand } from './source.ts'
import { startCommand } from './start.ts'
import { tenantCommand } from './tenant.ts'
import { VERSION } from './version.ts'

const program = new Command('sightline')
  .description('Operational intelligence for finance procurement.')
  .version(VERSION)
  .showHelpAfterError()
for (const command of [
  startCommand,
  apiCommand,
  ingestCommand,
  alertsCommand,
  importCommand,
  simulateCommand,
  migrateCommand,
  doctorCommand,
  keyCommand,
  tenantCommand,
  mappingCommand,
  sourceCommand,
  rulesCommand,
]) {
  program.addCommand(command())
}

// Below the process that brought it up under an older Node (sightline.mjs): when that one is gone, however it went, this one ends too.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
process.channel?.unref()

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof SightlineError) {
    process.stderr.write(`sightline: ${error.message}${error.next === undefined ? '' : ` ${error.next}`}\n`)
    process.exitCode = error.code === 'cancelled' ? 130 : 1
  } else {
    process.stderr.write(
      `sightline: this should not have happened: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    )
    process.exitCode = 70
  }
}
