import { z } from 'zod'
import { ageing } from '../../queries/ageing.ts'
import { spend, workingCapital } from '../../queries/spend.ts'
import { supplierDetail, suppliers } from '../../queries/suppliers.ts'
import { PathText, Window } from '../contract/common.ts'
import { Ageing, AgeingQuery, Spend, SpendQuery, WorkingCapital } from '../contract/spend.ts'
import { SupplierDetail, Suppliers } from '../contract/suppliers.ts'
import { type Route, route } from '../route.ts'
import { windowOf } from '../window.ts'

export const spendRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/ageing',
    tag: 'Open work',
    summary: 'Open requisitions, orders, invoices, payments, onboardings, approvals and exceptions by age and what they wait on',
    query: AgeingQuery,
    response: Ageing,
    handle: ({ reader, query, services }) => ageing(reader, { ...query, band: query.band ?? null, now: services.now() }),
  }),
  route({
    method: 'get',
    path: '/v1/spend',
    tag: 'Spend',
    summary: 'Spend of a window by category, supplier, entity or month, on and off contract',
    query: SpendQuery,
    response: Spend,
    handle: ({ reader, query, services }) => spend(reader, { ...query, ...windowOf(query, services.now()), now: services.now() }),
  }),
  route({
    method: 'get',
    path: '/v1/working-capital',
    tag: 'Spend',
    summary: 'Open commitments, open invoices by due date, days payable, and discounts that can still be taken',
    query: Window,
    response: WorkingCapital,
    handle: ({ reader, query, services }) => workingCapital(reader, { ...windowOf(query, services.now()), now: services.now() }),
  }),
  route({
    method: 'get',
    path: '/v1/suppliers',
    tag: 'Suppliers',
    summary: 'Score cards of suppliers, each beside its own history',
    query: Window,
    response: Suppliers,
    handle: ({ reader, query, services }) => suppliers(reader, { ...windowOf(query, services.now()), now: services.now() }),
  }),
  route({
    method: 'get',
    path: '/v1/suppliers/{id}',
    tag: 'Suppliers',
    summary: 'One supplier’s score card with the periods before',
    params: z.object({ id: PathText }),
    query: Window,
    response: SupplierDetail,
    handle: ({ reader, params: { id }, query, services }) =>
      supplierDetail(reader, id, { ...windowOf(query, services.now()), now: services.now() }),
  }),
]
