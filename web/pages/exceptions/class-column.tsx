import { lazy, Suspense, type ReactNode } from 'react'
import { useSearchParams } from 'react-router'
import type { Exceptions } from '../../../api/contract/exception.ts'
import { onTimeLine } from '../../buckets.ts'
import { categoryName } from '../../category-name.ts'
import { BarList } from '../../charts/bar-list.tsx'
import { count, duration } from '../../format.ts'
import { CLASS_NAMES, ClassGlyph, type ExceptionClass } from '../../parts/classes.tsx'
import { Figures } from '../../parts/panel.tsx'
import { Empty, Loading } from '../../parts/states.tsx'
import { useScope, useSetParameters } from '../../scope.ts'
import type { Item } from './exceptions-page.tsx'
import { ItemsTable } from './items-table.tsx'

const ClassBars = lazy(async () => ({ default: (await import('../../charts/class-bars.tsx')).ClassBars }))

const WORDS: Readonly<Record<ExceptionClass, { items: string; open: string; cleared: string; none: string }>> = {
  business: {
    items: 'Exceptions',
    open: 'Open',
    cleared: 'Median to resolve',
    none: 'No business exception was raised in this window.',
  },
  technical: {
    items: 'Failed operations',
    open: 'Not recovered',
    cleared: 'Median to recover',
    none: 'No operation failed in this window.',
  },
  unknown: {
    items: 'To triage',
    open: 'Open',
    cleared: 'Median to clear',
    none: 'Nothing is unclassified: every outcome has a class.',
  },
}

type Props = { of: ExceptionClass; all: Exceptions; onOpen: (item: Item) => void; children?: ReactNode }

/** All that belongs to one class: totals, trend, categories to filter by, and the items. */
export function ClassColumn({ of, all, onOpen, children }: Props) {
  const { window } = useScope()
  const [search] = useSearchParams()
  const setParameters = useSetParameters()
  const parameter = `${of}_category`
  const chosen = search.get(parameter) ?? undefined
  const total = all.totals.find((one) => one.class === of)
  const categories = all.categories.filter((one) => one.class === of).toSorted((a, b) => b.items - a.items)
  const trend = onTimeLine(
    all.trend.filter((one) => one.class === of),
    { from: all.from, to: all.to, bucket: window.bucket },
  ).map(({ bucket, row }) => ({ bucket, items: row?.items ?? 0 }))
  const { name, meaning } = CLASS_NAMES[of]
  const nothing = total === undefined || total.items === 0
  return (
    <section className="panel class-column" data-class={of} aria-labelledby={`column-${of}`}>
      <header>
        <ClassGlyph of={of} size={16} />
        <div>
          <h2 id={`column-${of}`}>{name}</h2>
          <p className="dim">{meaning}</p>
        </div>
      </header>
      {nothing ? (
        <Empty title={WORDS[of].none} />
      ) : (
        <div className={of === 'unknown' ? 'triage' : undefined}>
          <div>
            <Figures
              items={[
                { name: WORDS[of].items, value: count(total.items) },
                { name: 'Documents', value: count(total.objects) },
                { name: WORDS[of].open, value: count(total.open) },
                ...(total.median_hours === null ? [] : [{ name: WORDS[of].cleared, value: duration(total.median_hours * 3600) }]),
              ]}
            />
            {of !== 'unknown' && (
              <Suspense fallback={<Loading height={150} />}>
                <ClassBars of={of} points={trend} bucket={window.bucket} title={`${name} by ${window.bucket}`} />
              </Suspense>
            )}
            {categories.some(({ category }) => category !== '') && (
              <>
                <h3 className="section-title">Categories</h3>
                <BarList
                  label={`${name} by category`}
                  of={of}
                  rows={categories.map((one) => ({
                    key: one.category,
                    name: one.category === '' ? 'none given' : categoryName(one.category),
                    title: one.category,
                    value: one.items,
                    note: one.open > 0 ? `${count(one.open)} open` : 'all cleared',
                  }))}
                  chosen={chosen}
                  onChoose={(category) => setParameters({ [parameter]: category === chosen ? undefined : category })}
                />
              </>
            )}
            {children}
          </div>
          <ItemsTable of={of} category={chosen} onOpen={onOpen} />
        </div>
      )}
    </section>
  )
}
