import { Button } from '@mantine/core'
import { useState } from 'react'
import { useWindowAnswer } from '../../answers.ts'
import { categoryName } from '../../category-name.ts'
import { count, duration, instant } from '../../format.ts'
import type { ExceptionClass } from '../../parts/classes.tsx'
import { DocumentLink } from '../../parts/scoped-link.tsx'
import { Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import type { Item } from './exceptions-page.tsx'

const FIRST = 12
const HEADS: Readonly<Record<ExceptionClass, string>> = {
  business: 'Category',
  technical: 'System and category',
  unknown: 'Code',
}
const MORE = 100

/** The latest items of one class, each with its document and the reason for its class. */
export function ItemsTable({
  of,
  category,
  onOpen,
}: {
  of: ExceptionClass
  category: string | undefined
  onOpen: (item: Item) => void
}) {
  const [limit, setLimit] = useState(FIRST)
  const items = useWindowAnswer('Exceptions', '/v1/exceptions', { class: of, category, limit })
  return (
    <div>
      <h3 className="section-title">Latest{category === undefined ? '' : `: ${categoryName(category)}`}</h3>
      <Shown of={items} height={280}>
        {(answer) => {
          const rows = answer.items.filter((item) => item.class === of)
          return (
            <>
              <Table<Item>
                label={`Latest items, ${of}`}
                rows={rows}
                rowKey={(item) => `${item.id} ${item.object_type} ${item.object_id} ${item.raised_at}`}
                columns={[
                  {
                    head: 'Document',
                    render: (item) => <DocumentLink type={item.object_type} id={item.object_id} />,
                    nowrap: true,
                  },
                  {
                    head: HEADS[of],
                    render: (item) => (
                      <button type="button" className="plain item-reason" title={item.category} onClick={() => onOpen(item)}>
                        {of === 'technical' && item.system !== '' ? `${item.system}: ` : ''}
                        {item.category === '' ? item.code : categoryName(item.category)}
                      </button>
                    ),
                  },
                  {
                    head: of === 'technical' ? 'First failed' : 'Raised',
                    render: (item) => instant(item.raised_at).replace(/ \d{4}/u, ''),
                    nowrap: true,
                  },
                  {
                    head: of === 'technical' ? 'Recovered' : 'Resolved',
                    render: (item) =>
                      item.resolved_at === null ? (
                        <span className="chip" data-tone="bad">
                          open
                        </span>
                      ) : (
                        `after ${duration((Date.parse(item.resolved_at) - Date.parse(item.raised_at)) / 1000)}`
                      ),
                    nowrap: true,
                  },
                  ...(of === 'technical' ? [{ head: 'Tries', render: (item: Item) => count(item.attempts), right: true }] : []),
                ]}
              />
              {rows.length >= limit && limit < MORE && (
                <Button size="compact-xs" variant="subtle" mt="xs" onClick={() => setLimit(MORE)}>
                  Show up to {MORE}
                </Button>
              )}
            </>
          )
        }}
      </Shown>
    </div>
  )
}
