import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { matchesGlob } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { parse } from 'yaml'
import { z } from 'zod'
import { readEnv } from '../platform/env.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string): string => readFileSync(`${ROOT}${path}`, 'utf8')

const Service = z.looseObject({
  image: z.string(),
  build: z.string().optional(),
  user: z.string(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
  healthcheck: z.looseObject({ test: z.array(z.string()).optional(), disable: z.boolean().optional() }).optional(),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  networks: z.array(z.string()),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()),
  restart: z.string(),
  deploy: z.object({ resources: z.object({ limits: z.object({ cpus: z.string(), memory: z.string() }) }) }),
})
const Compose = z.looseObject({
  services: z.record(z.string(), Service),
  volumes: z.record(z.string(), z.unknown()),
  networks: z.record(z.string(), z.object({ internal: z.boolean().optional() }).nullable()),
})

const raw: unknown = parse(read('docker-compose.yml'), { merge: true })
const compose = Compose.parse(raw)
const services = Object.entries(compose.services)
const own = services.filter(([, service]) => service.build !== undefined)

/** What the shell and `.env` would make of `${NAME}`, `${NAME:-default}` and `${NAME:?message}`. */
function interpolated(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/gu, (_all, name: string, kind: string | undefined, rest: string) => {
    const value = variables[name] ?? ''
    if (value !== '') return value
    assert.notEqual(kind, '?', `${name} is needed: ${rest}`)
    return kind === '-' ? rest : ''
  })
}

/** A `.env` made as deploy/env.example says. */
function filledEnv(): Record<string, string> {
  const [, command = ''] = /^# {3}(grep .*) > \.env$/mu.exec(read('deploy/env.example')) ?? []
  const made = execFileSync('sh', ['-c', command], { cwd: ROOT, encoding: 'utf8' })
  return Object.fromEntries(
    made
      .trim()
      .split('\n')
      .map((line) => line.split('=') as [string, string]),
  )
}

test('docker-compose.yml is what the Compose Specification allows', () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  formats.default(ajv)
  const schema = JSON.parse(read('test/support/compose-spec.schema.json')) as object
  const validate = ajv.compile(schema)
  assert.ok(validate(raw), JSON.stringify(validate.errors, null, 1))
  // The schema does see mistakes.
  assert.equal(validate({ services: { api: { image: 'x', restarts: 'always' } } }), false)
})

test('each service is a user of its own with limits, restarts, and a check of its health', () => {
  for (const [name, service] of services) {
    assert.doesNotMatch(service.user, /^(?:root|0)(?::|$)/u, name)
    assert.match(service.image, /:[\w.-]*\d[\w.-]*$/u, `${name} has no fixed version`)
    assert.doesNotMatch(service.image, /:latest$/u, name)
    assert.match(service.restart, /^(?:unless-stopped|on-failure:\d+)$/u, name)
    assert.ok(service.security_opt.includes('no-new-privileges:true'), name)
    assert.match(service.deploy.resources.limits.memory, /^\d+[MG]$/u, name)
    const once = service.restart.startsWith('on-failure')
    if (service.build === undefined) assert.ok((service.healthcheck?.test ?? []).length > 1, name)
    else assert.equal(service.healthcheck?.disable ?? false, once, name)
    for (const network of service.networks) assert.ok(network in compose.networks, `${name}: ${network}`)
    for (const [other, { condition }] of Object.entries(service.depends_on)) {
      const target = compose.services[other]
      assert.ok(target !== undefined, `${name} waits for ${other}`)
      assert.equal(condition, target.restart === 'on-failure:5' ? 'service_completed_successfully' : 'service_healthy', name)
    }
    for (const volume of service.volumes) {
      const [from = ''] = volume.split(':')
      if (from.startsWith('./')) assert.ok(existsSync(`${ROOT}${from}`) && volume.endsWith(':ro'), `${name}: ${volume}`)
      else assert.ok(from in compose.volumes, `${name}: ${volume}`)
    }
  }
  for (const [name, service] of own) {
    assert.deepEqual([service.read_only, service.cap_drop], [true, ['ALL']], name)
  }
})

test('only the API can be reached from outside, and by default from this machine alone', () => {
  const published = services.flatMap(([name, service]) => service.ports.map((port) => [name, interpolated(port, {})]))
  assert.deepEqual(published, [['api', '127.0.0.1:4600:4600']])
  assert.equal(compose.networks['stores']?.internal, true)
  for (const [name, service] of services)
    if (service.build === undefined) assert.deepEqual(service.networks, ['stores'], `${name} has a way out`)
})

test('a secret has no default, and the example names each of them', () => {
  const text = read('docker-compose.yml')
  const example = read('deploy/env.example')
  const secrets = new Set(
    [...text.matchAll(/\$\{(\w*(?:PASSWORD|TOKEN|KEY)\w*)(:\?)?/gu)].map(([, name, needed]) => `${name}${needed ?? ''}`),
  )
  const named = [...example.matchAll(/^(\w+)=$/gmu)].map(([, name]) => `${name}:?`)
  assert.deepEqual([...secrets].toSorted(), named.toSorted())
  for (const [, name] of text.matchAll(/\$\{(\w+)/gu)) assert.match(example, new RegExp(`^(?:# )?${name}=`, 'mu'))
  assert.match(read('.gitignore'), /^\.env$/mu)
})

test('each process gets settings that it understands, and runs a command that exists', () => {
  const variables = filledEnv()
  const known = new Set(
    read('platform/env.ts')
      .match(/^ {2}[A-Z][A-Z_]+(?=:)/gmu)
      ?.map((name) => name.trim()),
  )
  const readme = read('README.md')
  const help = execFileSync(process.execPath, [`${ROOT}cli/sightline.mjs`, '--help'], { encoding: 'utf8' })
  assert.deepEqual(
    own.map(([name]) => name),
    ['migrate', 'ingest', 'api', 'alerts'],
  )
  for (const [name, service] of own) {
    const [command = '', ...rest] = service.command ?? []
    assert.deepEqual([command, rest], [name, []])
    assert.match(help, new RegExp(`^  ${command} `, 'mu'), `there is no command ${command}`)
    const settings = Object.fromEntries(
      Object.entries(service.environment).map(([key, value]) => [key, interpolated(String(value), variables)]),
    )
    for (const key of Object.keys(settings)) {
      assert.ok(known.has(key), `${name}: ${key} is no setting`)
      assert.ok(readme.includes(`\`${key}\``), `${key} is not in the README`)
    }
    const env = readEnv(settings)
    assert.equal(new URL(env.clickHouseUrl ?? '').password, variables['CLICKHOUSE_WRITER_PASSWORD'])
    assert.equal(env.clickHouseReaderPassword, variables['CLICKHOUSE_READER_PASSWORD'])
    assert.equal(env.kafkaBrokers?.join(','), name === 'ingest' || name === 'api' ? 'kafka:9092' : undefined)
    for (const url of [env.clickHouseUrl, env.databaseUrl]) assert.ok(new URL(url ?? '').hostname in compose.services)
  }
  const store = compose.services['clickhouse']?.environment ?? {}
  for (const [, variable = ''] of read('deploy/clickhouse/users.xml').matchAll(/from_env="(\w+)"/gu))
    assert.ok(variable in store, `users.xml needs ${variable}`)
})

/** Instructions of the Dockerfile with their words, continuation lines joined. */
function instructions(): { name: string; rest: string; stage: number }[] {
  let stage = -1
  return read('Dockerfile')
    .replaceAll(/\\\n\s*/gu, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', rest = ''] = /^([A-Z]+) (.*)$/u.exec(line) ?? assert.fail(`not an instruction: ${line}`)
      if (name === 'FROM') stage++
      return { name, rest, stage }
    })
}

test('the image has stages, a user without rights, a check of its health, and no secrets', () => {
  const all = instructions()
  const stages = all.filter(({ name }) => name === 'FROM').map(({ rest }) => / AS (\w+)$/u.exec(rest)?.[1] ?? 'last')
  assert.deepEqual(stages, ['packages', 'web', 'server', 'last'])
  const last = all.filter(({ stage }) => stage === stages.length - 1)
  const one = (name: string) => last.findLast((instruction) => instruction.name === name)?.rest ?? ''
  assert.match(one('USER'), /^[1-9]\d*:[1-9]\d*$/u)
  assert.ok(last.findIndex(({ name }) => name === 'USER') > last.findLastIndex(({ name }) => name === 'COPY'))
  assert.match(one('HEALTHCHECK'), /CMD \["node", .*\/healthz/u)
  assert.deepEqual(JSON.parse(one('ENTRYPOINT')), ['node', 'cli/sightline.mjs'])
  assert.equal(
    last.some(({ name }) => name === 'RUN'),
    false,
  )
  for (const { name, rest } of all) {
    if (name === 'ENV' || name === 'ARG' || name === 'LABEL') assert.doesNotMatch(rest, /password|secret|token|_key/iu)
    if (name === 'FROM') assert.match(rest, /^(?:packages|node:\$\{NODE\}-[a-z]+-slim)(?: AS \w+)?$/u)
    assert.notEqual(name, 'ADD')
  }
  const version = /^ARG NODE=(\S+)$/mu.exec(read('Dockerfile'))?.[1]
  const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> }
  assert.equal(version, devDependencies['node'])
})

test('what the image copies exists and reaches the builder, and nothing else does', () => {
  const ignore = read('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  assert.equal(ignore[0], '*')
  const kept = ignore.filter((line) => line.startsWith('!')).map((line) => line.slice(1))
  const copied = instructions()
    .filter(({ name, rest }) => name === 'COPY' && !rest.startsWith('--from'))
    .flatMap(({ rest }) => rest.split(' ').slice(0, -1))
  for (const path of copied) {
    assert.ok(existsSync(`${ROOT}${path}`), `${path} is copied and does not exist`)
    assert.ok(
      kept.some((one) => path === one || path.startsWith(`${one}/`)),
      `${path} is copied and kept from the builder`,
    )
  }
  for (const path of kept)
    assert.ok(
      copied.some((one) => one === path || one.startsWith(`${path}/`)),
      `${path} is not needed`,
    )
  assert.ok(ignore.some((pattern) => !pattern.startsWith('!') && matchesGlob('cli/.env', pattern)))
})

test('what the image leaves out is nothing that a process needs', () => {
  const [, list = ''] =
    /npm uninstall (.*)$/mu.exec(
      instructions()
        .map(({ rest }) => rest)
        .join('\n'),
    ) ?? []
  const removed = list.split(/\s+/u).filter((word) => word !== '' && !word.startsWith('--'))
  const declared = JSON.parse(read('package.json')) as Record<'dependencies' | 'optionalDependencies', Record<string, string>>
  const packages = new Set(Object.keys({ ...declared.dependencies, ...declared.optionalDependencies }))
  for (const name of removed) assert.ok(packages.has(name), `${name} is no dependency`)
  const used = new Set<string>()
  for (const file of globSync('{cli,api,alerts,ingest,queries,platform,model,demo}/**/*.ts', { cwd: ROOT })) {
    // The engine that a child process hosts, and a tool of the developers.
    if (file === 'platform/clickhouse/host.ts' || file.endsWith('.config.ts')) continue
    for (const [, name = ''] of read(file).matchAll(/(?:from|import\() ?'((?:@[\w.-]+\/)?[\w.-]+)(?:\/[^']*)?'/gu))
      if (packages.has(name)) used.add(name)
  }
  assert.deepEqual(
    removed.filter((name) => used.has(name)),
    [],
  )
})
