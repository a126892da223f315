import type { Command } from 'commander'
import { runCommand } from './run-command.ts'

/** `sightline alerts`: the watch over sources that fall silent, dead letters and the ledger, and the sending of alerts. */
export function alertsCommand(): Command {
  return runCommand({
    name: 'alerts',
    description: 'run the watch over silent sources, dead letters and the ledger, and send alerts',
    parts: ['alerts'],
    webFolder: null,
  })
}
