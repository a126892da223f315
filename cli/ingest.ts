import type { Command } from 'commander'
import { runCommand } from './run-command.ts'

/** `sightline ingest`: what brings events in without being asked – topics and connectors – and the settling of the ledger. */
export function ingestCommand(): Command {
  return runCommand({
    name: 'ingest',
    description: 'run the consumers of Kafka, the connectors, and the settling of the ledger',
    parts: ['ingest'],
    webFolder: null,
  })
}
