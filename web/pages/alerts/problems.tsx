type Problem = { code: string; message: string; level: 'error' | 'warning' }

/** What is wrong with a rule, a routing or a silence: mistakes, which refuse it, before warnings. */
export function Problems({ of, label }: { of: readonly Problem[]; label: string }) {
  if (of.length === 0) return null
  const errors = of.filter(({ level }) => level === 'error')
  const sorted = [...errors, ...of.filter(({ level }) => level === 'warning')]
  return (
    <ul className="issues" aria-label={label} data-level={errors.length > 0 ? 'error' : 'warning'}>
      {sorted.map(({ code, message, level }) => (
        <li key={`${code} ${message}`}>
          {level === 'warning' && <strong>Warning: </strong>}
          {message} <span className="mono">{code}</span>
        </li>
      ))}
    </ul>
  )
}
