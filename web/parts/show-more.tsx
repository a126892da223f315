import { Button } from '@mantine/core'
import type { UseInfiniteQueryResult } from '@tanstack/react-query'

type Props = { of: Pick<UseInfiniteQueryResult, 'hasNextPage' | 'isFetchingNextPage' | 'fetchNextPage'> }

/** Brings the next page of a list, where there is one. */
export function ShowMore({ of }: Props) {
  if (!of.hasNextPage) return null
  return (
    <Button variant="default" size="xs" mt="sm" loading={of.isFetchingNextPage} onClick={() => void of.fetchNextPage()}>
      Show more
    </Button>
  )
}
