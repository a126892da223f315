import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { runCommand } from './run-command.ts'

/** `sightline api`: API, HTTP ingestion and dashboard only. */
export function apiCommand(): Command {
  const web = fileURLToPath(new URL('../web/dist', import.meta.url))
  return runCommand({
    name: 'api',
    description: 'run the API with HTTP ingestion and the dashboard',
    parts: ['api'],
    webFolder: existsSync(web) ? web : null,
  })
}
