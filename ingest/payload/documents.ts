/** Names that process variables commonly have, and the documents that they name. */
const VARIABLES: ReadonlyMap<string, string> = new Map(
  (
    [
      ['requisition', 'requisitionid requisitionnumber purchaserequisition purchaserequisitionid prnumber prid'],
      ['purchase_order', 'purchaseorder purchaseorderid purchaseordernumber ponumber poid orderid'],
      ['invoice', 'invoice invoiceid invoicenumber'],
      ['goods_receipt', 'goodsreceiptid goodsreceiptnumber grnumber'],
      ['payment', 'paymentid paymentnumber'],
      ['supplier', 'supplier supplierid suppliernumber vendorid vendornumber'],
      ['contract', 'contractid contractnumber'],
      ['onboarding', 'onboardingid'],
    ] as const
  ).flatMap(([type, names]) => names.split(' ').map((name) => [name, type] as const)),
)

/** The type of document that a variable of this name holds the id of, whatever the case and separators; `undefined` for others. */
export function documentType(variable: string): string | undefined {
  return variable.length > 40 ? undefined : VARIABLES.get(variable.replaceAll(/[_\s-]/gu, '').toLowerCase())
}

/** The documents that variables name by their ids. Only plain texts and whole numbers are ids. */
export function documentsIn(variables: unknown): { type: string; id: string }[] {
  if (typeof variables !== 'object' || variables === null || Array.isArray(variables)) return []
  const found: { type: string; id: string }[] = []
  for (const [name, value] of Object.entries(variables)) {
    const type = documentType(name)
    if (type === undefined) continue
    const id = typeof value === 'string' ? value.trim() : Number.isSafeInteger(value) ? String(value) : ''
    if (id !== '' && id.length <= 200) found.push({ type, id })
  }
  return found
}
