import { InvalidArgumentError } from 'commander'

/** Reads `--port`. */
export function portOption(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError('It is a number from 0 to 65535.')
  return port
}

/** Environment variables with what the command line says in their place. */
export function withOptions(
  variables: NodeJS.ProcessEnv,
  options: { port?: number; data?: string },
): Record<string, string | undefined> {
  return {
    ...variables,
    ...(options.port === undefined ? {} : { SIGHTLINE_PORT: String(options.port) }),
    ...(options.data === undefined ? {} : { SIGHTLINE_DATA: options.data }),
  }
}
