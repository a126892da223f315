import { Button, Skeleton } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ApiError } from '../api.ts'
import { useFirstComputing } from '../first-computing.ts'
import { counted, timeOfDay } from '../format.ts'

/**
 * Nothing to show, and why; with what to do about it as children. While the answers of the tenant are computed for the first time nothing
 * is known of it yet, which is said instead, unless it is `certain` whatever is computed.
 */
export function Empty({ title, certain = false, children }: { title: string; certain?: boolean; children?: ReactNode }) {
  const waiting = useFirstComputing()
  if (waiting !== null && !certain)
    return (
      <div className="state">
        <h2>Not computed yet</h2>
        <p>
          The answers of this tenant are computed for the first time: <span className="num">{counted(waiting, 'document')}</span>{' '}
          to go. The page fills by itself.
        </p>
      </div>
    )
  return (
    <div className="state">
      <h2>{title}</h2>
      {children}
    </div>
  )
}

/** An error as its problem document tells it, with a way to try again. */
export function Fault({ error, retry }: { error: unknown; retry?: (() => void) | undefined }) {
  const problem = error instanceof ApiError ? error.problem : undefined
  return (
    <div className="state problem" role="alert">
      <h2>{problem?.title ?? 'This part of the page failed'}</h2>
      <p>{problem?.detail ?? (error instanceof Error ? error.message : String(error))}</p>
      {problem !== undefined && (
        <p className="dim mono">
          {problem.code}
          {problem.request_id !== '' && ` · request ${problem.request_id}`}
        </p>
      )}
      {retry !== undefined && (
        <Button size="compact-sm" variant="default" onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  )
}

type ShownProps<Data> = { of: UseQueryResult<Data>; height?: number; children: (data: Data) => ReactNode }

/**
 * What a query answered; a skeleton of the given height while it loads; the fault where it failed. Where a later answer failed, the
 * former one stays, marked as such.
 */
export function Shown<Data>({ of, height = 160, children }: ShownProps<Data>) {
  if (of.isError && of.data === undefined) return <Fault error={of.error} retry={() => void of.refetch()} />
  if (of.data === undefined) return <Loading height={height} />
  return (
    <>
      {of.isError && <Former error={of.error} at={of.dataUpdatedAt} />}
      {children(of.data)}
    </>
  )
}

const WHY: Readonly<Record<string, string>> = {
  store_unavailable: 'The event store does not answer',
  unreachable: 'The server does not answer',
  overloaded: 'The server has too much to do',
}

/** Says that what stands below is what was known last, since the server does not answer this now. */
function Former({ error, at }: { error: unknown; at: number }) {
  const code = error instanceof ApiError ? error.problem.code : ''
  return (
    <p className="former" role="status">
      <strong>
        As of <span className="num">{timeOfDay(new Date(at).toISOString())}</span> UTC.
      </strong>{' '}
      {WHY[code] ?? 'There is no newer answer'}: this is what was known last, and it is asked for again on its own.
    </p>
  )
}

/** A grey stand-in of the size that the content will have. */
export function Loading({ height }: { height: number }) {
  return (
    <div role="status">
      <span className="visually-hidden">Loading</span>
      <Skeleton height={height} radius="sm" />
    </div>
  )
}
