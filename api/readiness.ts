import { instantToIso } from '../model/instant.ts'
import type { Readiness } from './contract/admin.ts'
import type { Services } from './services.ts'

/** Whether this process can answer and take events right now, and why not. */
export async function readiness(services: Services): Promise<Readiness> {
  const checks = await Promise.all([
    check('clickhouse', async () => {
      const answer = await services.stores.clickhouse.writer.ping()
      if (!answer.success) throw answer.error
    }),
    check('postgres', async () => {
      await services.stores.postgres.pool.query('SELECT 1')
    }),
  ])
  const { retrying_since, last_error } = services.writer.state()
  if (retrying_since !== null)
    checks.push({
      name: 'writes',
      ok: false,
      detail: `ClickHouse has not taken events since ${instantToIso(retrying_since)}: ${last_error ?? 'it does not answer'}`,
    })
  checks.push(...services.checks())
  if (services.draining()) checks.push({ name: 'process', ok: false, detail: 'shutting down' })
  return { ready: checks.every(({ ok }) => ok), checks, demo: services.demo() }
}

async function check(name: string, probe: () => Promise<void>): Promise<Readiness['checks'][number]> {
  try {
    await probe()
    return { name, ok: true, detail: 'answers' }
  } catch (error) {
    return {
      name,
      ok: false,
      detail: error instanceof Error && error.message !== '' ? error.message.slice(0, 200) : 'does not answer',
    }
  }
}
