import { Button, NativeSelect, NumberInput, PasswordInput, TagsInput, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import type { ChannelKinds, ChannelView } from '../../../../api/contract/channels.ts'
import { useAct } from '../../../answers.ts'
import { words } from '../../../format.ts'
import { Panel } from '../../../parts/panel.tsx'
import { Fault } from '../../../parts/states.tsx'
import { useAddress } from '../../../scope.ts'
import { useSession } from '../../../session.ts'
import { type Values, valuesOf } from '../../reference/fields.ts'
import { type ChannelField, channelFields, configOf } from './channel-fields.ts'

type Props = { of: ChannelView | undefined; kinds: ChannelKinds['kinds'] }

/** The settings of a channel, as its kind's schema tells them. Secrets are written and never read. */
export function ChannelForm({ of, kinds }: Props) {
  const admin = useSession().scopes.includes('admin')
  const navigate = useNavigate()
  const address = useAddress()
  const [kindName, setKind] = useState(of?.kind ?? kinds[0]?.kind ?? '')
  const [id, setId] = useState(of?.id ?? '')
  const [title, setTitle] = useState(of?.title ?? '')
  const [perMinute, setPerMinute] = useState(of?.per_minute ?? 60)
  const kind = kinds.find((one) => one.kind === kindName)
  const fields = kind === undefined ? [] : channelFields(kind)
  const [values, setValues] = useState<Values>(() => valuesOf(fields, of?.config ?? {}))
  const config = configOf(fields, values, of?.config)
  const save = useAct('ChannelSaved', () =>
    of === undefined
      ? { path: '/v1/channels', body: { id: id.trim(), title: title.trim(), kind: kindName, config, per_minute: perMinute } }
      : {
          method: 'PATCH',
          path: `/v1/channels/${encodeURIComponent(of.id)}`,
          body: { title: title.trim(), config, per_minute: perMinute },
        },
  )
  return (
    <Panel title="Settings" note={of === undefined ? undefined : 'secrets stay as they are unless you write a new one'}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate(undefined, {
            onSuccess: ({ channel }) => {
              if (of === undefined) void navigate(address(`/alerts/channels/${encodeURIComponent(channel.id)}`))
            },
          })
        }}
      >
        <div className="form-grid">
          <NativeSelect
            label="Kind"
            value={kindName}
            disabled={of !== undefined}
            onChange={(event) => {
              setKind(event.currentTarget.value)
              setValues({})
            }}
            data={kinds.map((one) => ({ value: one.kind, label: one.title }))}
          />
          <TextInput
            label="Id"
            description="Stays; routing names it"
            placeholder="ap-queue"
            required
            disabled={of !== undefined}
            value={id}
            onChange={(event) => setId(event.currentTarget.value)}
          />
          <TextInput
            label="Title"
            placeholder="Accounts payable"
            required
            value={title}
            onChange={(event) => setTitle(event.currentTarget.value)}
          />
          <NumberInput
            label="Messages a minute, at most"
            description="More wait"
            min={1}
            max={6000}
            value={perMinute}
            onChange={(value) => typeof value === 'number' && setPerMinute(value)}
          />
        </div>
        <fieldset className="form-part">
          <legend>How it reaches people</legend>
          <div className="form-grid">
            {fields.map((field) => (
              <ConfigInput
                key={`${kindName} ${field.name}`}
                field={field}
                kept={of?.secrets.includes(field.name) === true}
                value={values[field.name] ?? ''}
                onChange={(value) => setValues({ ...values, [field.name]: value })}
              />
            ))}
          </div>
        </fieldset>
        {admin && (
          <div className="row">
            <Button size="xs" type="submit" loading={save.isPending}>
              {of === undefined ? 'Add the channel' : 'Save'}
            </Button>
            {save.isSuccess && save.data.warning === null && <span role="status">Saved.</span>}
          </div>
        )}
        {save.data?.warning != null && (
          <p className="alert-notice" role="status">
            <strong>Kept, and nobody can be reached there right now:</strong> {save.data.warning}
          </p>
        )}
        {save.isError && <Fault error={save.error} />}
      </form>
    </Panel>
  )
}

type InputProps = {
  field: ChannelField
  /** Whether a secret is kept already. */
  kept: boolean
  value: string | readonly string[]
  onChange: (value: string | readonly string[]) => void
}

function ConfigInput({ field, kept, value, onChange }: InputProps) {
  const { name, kind, options, required, secret, hint } = field
  const label = words(name)
  const text = typeof value === 'string' ? value : ''
  const description = hint === undefined ? {} : { description: hint }
  if (secret)
    return (
      <PasswordInput
        label={label}
        {...description}
        placeholder={kept ? 'kept sealed; write a new one to change it' : ''}
        required={required && !kept}
        value={text}
        autoComplete="off"
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    )
  if (kind === 'list')
    return (
      <TagsInput
        label={label}
        {...description}
        placeholder="Type and press Enter"
        required={required}
        value={typeof value === 'string' ? [] : [...value]}
        onChange={onChange}
      />
    )
  if (kind === 'choice')
    return (
      <NativeSelect
        label={label}
        {...description}
        required={required}
        value={text}
        onChange={(event) => onChange(event.currentTarget.value)}
        data={[
          { value: '', label: required ? 'Choose one' : 'as usual' },
          ...options.map((one) => ({ value: one, label: words(one) })),
        ]}
      />
    )
  return (
    <TextInput
      label={label}
      {...description}
      required={required}
      value={text}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
