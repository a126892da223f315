import type { Exceptions } from '../../../api/contract/exception.ts'
import { count } from '../../format.ts'
import { Table } from '../../parts/table.tsx'

type System = Exceptions['systems'][number]

/** Which systems failed how often, and how many documents that touched. */
export function SystemsTable({ systems }: { systems: readonly System[] }) {
  if (systems.length === 0) return null
  return (
    <>
      <h3 className="section-title">Systems</h3>
      <Table<System>
        label="Failures by system"
        rows={systems.toSorted((a, b) => b.failed_attempts - a.failed_attempts)}
        rowKey={({ system }) => system}
        columns={[
          { head: 'System', render: ({ system }) => (system === '' ? <span className="dim">none given</span> : system) },
          { head: 'Failed attempts', render: (one) => count(one.failed_attempts), right: true },
          { head: 'Operations', render: (one) => count(one.operations), right: true },
          { head: 'Documents', render: (one) => count(one.objects), right: true },
        ]}
      />
    </>
  )
}
