import { useId, type ReactNode } from 'react'

type Props = {
  title: ReactNode
  note?: ReactNode
  aside?: ReactNode
  level?: 2 | 3
  className?: string
  children: ReactNode
  of?: string
}

/** A titled region with a border: the one container of every page. */
export function Panel({ title, note, aside, level = 2, className = '', children, of }: Props) {
  const id = useId()
  const Heading = level === 2 ? 'h2' : 'h3'
  return (
    <section className={`panel ${className}`} aria-labelledby={id} data-class={of}>
      <div className="panel-head">
        <Heading id={id}>{title}</Heading>
        {note !== undefined && <p>{note}</p>}
        <span className="grow" />
        {aside}
      </div>
      <div className="panel-body">{children}</div>
    </section>
  )
}

/** The head of a page: its one h1, a sentence and its own controls. */
export function PageHead({ title, children, aside }: { title: ReactNode; children?: ReactNode; aside?: ReactNode }) {
  return (
    <div className="page-head">
      <div>
        <h1>{title}</h1>
        {children !== undefined && <p>{children}</p>}
      </div>
      <span className="grow" />
      {aside}
    </div>
  )
}

/** Figures with their names, side by side. */
export function Figures({ items }: { items: readonly { name: string; value: ReactNode; note?: ReactNode }[] }) {
  return (
    <dl className="figures">
      {items.map(({ name, value, note }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {value} {note !== undefined && <small>{note}</small>}
          </dd>
        </div>
      ))}
    </dl>
  )
}
