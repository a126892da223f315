import { Button, NativeSelect, PasswordInput, SegmentedControl, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { RegisteredSource, SourceCreated } from '../../../../api/contract/feeds.ts'
import { WEBHOOK_SCHEMES } from '../../../../model/webhook.ts'
import { useAct, useAnswer } from '../../../answers.ts'
import { CodeBlock } from '../../../parts/code-block.tsx'
import { Dialog, DialogActions } from '../../../parts/dialog.tsx'
import { Fault } from '../../../parts/states.tsx'
import { useScope } from '../../../scope.ts'
import { configOf, KIND_FIELDS, PACE, SCHEME_FIELDS, type ConfigField } from './config-fields.ts'
import { SecretOnce } from './secret-once.tsx'
import { KINDS } from './source-kinds.ts'
import { TryPayload } from './try-payload.tsx'

type Kind = RegisteredSource['kind']

/** Registers a source step by step: what it is, how its sender is known, how its records are read; then how to send to it. */
export function AddSource({ onClose }: { onClose: () => void }) {
  const [created, setCreated] = useState<SourceCreated>()
  return (
    <Dialog title={created === undefined ? 'Add a source' : 'The source is there'} opened onClose={onClose} size="46rem">
      {created === undefined ? (
        <SourceForm onCreated={setCreated} onCancel={onClose} />
      ) : (
        <Created of={created} onClose={onClose} />
      )}
    </Dialog>
  )
}

type FormProps = { onCreated: (created: SourceCreated) => void; onCancel: () => void }

function SourceForm({ onCreated, onCancel }: FormProps) {
  const systems = useAnswer('Systems', '/v1/systems')
  const mappings = useAnswer('Mappings', '/v1/mappings')
  const [kind, setKind] = useState<Kind>('webhook')
  const [scheme, setScheme] = useState<string>('standard-webhooks')
  const [values, setValues] = useState<Readonly<Record<string, string>>>({})
  const [format, setFormat] = useState('cloudevents')
  const value = (name: string): string => values[name] ?? ''
  const set = (name: string, text: string): void => setValues({ ...values, [name]: text })
  const chosen = WEBHOOK_SCHEMES.find(({ id }) => id === scheme)
  const fields = kind === 'webhook' ? (SCHEME_FIELDS[scheme] ?? []) : KIND_FIELDS[kind]
  const formats = mappings.data?.formats ?? []
  const read = formats.find(({ name }) => name === format)
  const mapped = read !== undefined && read.mapping !== 'none'
  const create = useAct('SourceCreated', () => ({
    path: '/v1/sources',
    body: {
      name: value('name').trim(),
      kind,
      format: kind === 'n8n' ? 'n8n-log' : format,
      config: { ...(kind === 'webhook' ? { scheme } : {}), ...configOf([...fields, PACE], values) },
      ...(value('system') === '' ? {} : { system_id: value('system') }),
      ...(value('mapping') === '' || !mapped ? {} : { mapping: value('mapping') }),
      ...(value('secret') === '' ? {} : { secret: value('secret') }),
    },
  }))
  const reads = kind === 'webhook' || kind === 'kafka'
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        create.mutate(undefined, { onSuccess: onCreated })
      }}
    >
      <div>
        <SegmentedControl
          aria-label="Kind of source"
          fullWidth
          value={kind}
          onChange={(next) => setKind(next)}
          data={(Object.keys(KINDS) as Kind[]).map((one) => ({ value: one, label: KINDS[one].name }))}
        />
        <p className="dim form-note">{KINDS[kind].meaning}.</p>
      </div>
      {kind === 'otlp' ? (
        <Telemetry onClose={onCancel} />
      ) : (
        <>
          <div className="form-grid">
            <TextInput
              label="Name"
              placeholder="Coupa invoices"
              value={value('name')}
              onChange={(event) => set('name', event.currentTarget.value)}
              required
              data-autofocus
            />
            <NativeSelect
              label="System that sends"
              value={value('system')}
              onChange={(event) => set('system', event.currentTarget.value)}
              data={[
                { value: '', label: 'none named' },
                ...(systems.data?.systems ?? []).map(({ id, name }) => ({
                  value: id,
                  label: name === id ? name : `${name} (${id})`,
                })),
              ]}
            />
            <TextInput
              label={PACE.label}
              placeholder={PACE.placeholder}
              inputMode="numeric"
              pattern="[0-9]*"
              value={value(PACE.name)}
              onChange={(event) => set(PACE.name, event.currentTarget.value)}
            />
          </div>
          {kind === 'webhook' && (
            <fieldset className="form-part">
              <legend>How its sender is known</legend>
              <div className="form-grid">
                <NativeSelect
                  label="Signature"
                  description={chosen === undefined ? undefined : `in ${chosen.headers.join(', ')}`}
                  value={scheme}
                  onChange={(event) => setScheme(event.currentTarget.value)}
                  data={WEBHOOK_SCHEMES.map(({ id, title }) => ({ value: id, label: title }))}
                />
                <SecretField value={value('secret')} onChange={(text) => set('secret', text)} hint={chosen?.secret} />
              </div>
              <details className="form-more" open={scheme === 'hmac-header'}>
                <summary>Settings of the signature</summary>
                <Fields fields={fields} value={value} onChange={set} />
              </details>
            </fieldset>
          )}
          {kind !== 'webhook' && fields.length > 0 && (
            <fieldset className="form-part">
              <legend>Where it is</legend>
              <Fields fields={fields} value={value} onChange={set} />
              {kind === 'n8n' && (
                <PasswordInput
                  label="API key"
                  description="Of a user who may read executions; it is sealed and never shown"
                  value={value('secret')}
                  onChange={(event) => set('secret', event.currentTarget.value)}
                  required
                  autoComplete="off"
                />
              )}
            </fieldset>
          )}
          {reads && (
            <fieldset className="form-part">
              <legend>How its records are read</legend>
              <div className="form-grid">
                <NativeSelect
                  label="Format"
                  value={format}
                  onChange={(event) => setFormat(event.currentTarget.value)}
                  data={formats.map(({ name, title }) => ({ value: name, label: title }))}
                />
                {mapped && (
                  <NativeSelect
                    label="Mapping"
                    description="Says which field is what; it can be changed later"
                    value={value('mapping')}
                    onChange={(event) => set('mapping', event.currentTarget.value)}
                    required={read.mapping === 'needed'}
                    data={[
                      { value: '', label: read.mapping === 'needed' ? 'Choose one' : 'none' },
                      ...(mappings.data?.mappings ?? []).map(({ name, title }) => ({
                        value: name,
                        label: title === '' ? name : title,
                      })),
                    ]}
                  />
                )}
              </div>
            </fieldset>
          )}
          {create.isError && <Fault error={create.error} />}
          <DialogActions onCancel={onCancel} loading={create.isPending}>
            Add the source
          </DialogActions>
        </>
      )}
    </form>
  )
}

/** Telemetry needs no registration: where to send it. */
function Telemetry({ onClose }: { onClose: () => void }) {
  const { tenant } = useScope()
  const settings = [
    `OTEL_EXPORTER_OTLP_ENDPOINT=${location.origin}`,
    'OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf',
    `OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20YOUR_KEY,x-tenant-id=${tenant}`,
  ].join('\n')
  return (
    <>
      <p style={{ margin: 0 }}>
        Telemetry needs no registration: point a Collector’s OTLP/HTTP exporter, or an SDK, here, with a key that may ingest. Name
        the documents that a span serves in <span className="mono">app.case.*</span> attributes or in its baggage.
      </p>
      <CodeBlock code={settings} label="Settings of an OpenTelemetry SDK" />
      <div className="row" style={{ justifyContent: 'flex-end' }}>
        <Button onClick={onClose}>Done</Button>
      </div>
    </>
  )
}

type SecretProps = { value: string; onChange: (text: string) => void; hint: string | undefined }

function SecretField({ value, onChange, hint }: SecretProps) {
  return (
    <PasswordInput
      label="Secret"
      description={hint}
      placeholder="Made here where left empty"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      autoComplete="off"
    />
  )
}

type FieldsProps = {
  fields: readonly ConfigField[]
  value: (name: string) => string
  onChange: (name: string, text: string) => void
}

function Fields({ fields, value, onChange }: FieldsProps) {
  return (
    <div className="form-grid">
      {fields.map(({ name, label, hint, placeholder, required = false, options }) =>
        options === undefined ? (
          <TextInput
            key={name}
            label={label}
            description={hint}
            placeholder={placeholder}
            required={required}
            value={value(name)}
            onChange={(event) => onChange(name, event.currentTarget.value)}
          />
        ) : (
          <NativeSelect
            key={name}
            label={label}
            description={hint}
            value={value(name)}
            onChange={(event) => onChange(name, event.currentTarget.value)}
            data={[...options]}
          />
        ),
      )}
    </div>
  )
}

function Created({ of: { source, secret }, onClose }: { of: SourceCreated; onClose: () => void }) {
  return (
    <div className="stack">
      {source.path !== null && (
        <section>
          <h3 className="section-title">Address to send to</h3>
          <CodeBlock code={`${location.origin}${source.path}`} label="Address to send to" />
        </section>
      )}
      {secret !== null && <SecretOnce secret={secret} />}
      {source.kind === 'webhook' && (
        <section>
          <h3 className="section-title">Try it</h3>
          <TryPayload of={source} />
        </section>
      )}
      {source.kind !== 'webhook' && (
        <p style={{ margin: 0 }}>
          {source.name} is registered. Its first events show under <em>Registered sources</em>; how often it sends is learned from
          them.
        </p>
      )}
      <div className="row" style={{ justifyContent: 'flex-end' }}>
        <Button onClick={onClose} data-autofocus>
          Done
        </Button>
      </div>
    </div>
  )
}
