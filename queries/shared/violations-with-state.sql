-- Violations that a filter finds, each with what people decided last. What is of the key is looked at first: FINAL would read all columns of all
-- rows before any other condition.
SELECT
    found.*,
    multiIf(found.retracted, 'retracted', decided.state = '', 'open', decided.state) AS state
FROM (
    SELECT
        *,
        violation_id
    FROM sightline.violations FINAL
    PREWHERE tenant_id = {tenant_id:String}
        AND ({control:String} = '' OR control = {control:String})
        AND detected_day >= toDate32({from:DateTime64(6, 'UTC')})
        AND detected_day <= toDate32({to:DateTime64(6, 'UTC')})
        AND ({document_type:String} = '' OR document_type = {document_type:String})
        AND ({document_id:String} = '' OR document_id = {document_id:String})
    WHERE detected_at >= {from:DateTime64(6, 'UTC')}
        AND detected_at < {to:DateTime64(6, 'UTC')}
        AND ({category:String} = '' OR category = {category:String})
        AND ({severity:String} = '' OR severity = {severity:String})
        AND ({offender:String} = '' OR offender = {offender:String})
        AND ({policy:String} = '' OR policy_id = {policy:String})
        AND ({policy_version:String} = '' OR policy_version = {policy_version:String})
        AND ({entity:String} = '' OR entity = {entity:String})
        AND ({business_unit:String} = '' OR business_unit = {business_unit:String})
        AND ({plant:String} = '' OR plant = {plant:String})
        AND ({region:String} = '' OR region = {region:String})
        AND ({risk_category:String} = '' OR risk_category = {risk_category:String})
        AND ({budget_owner:String} = '' OR budget_owner = {budget_owner:String})
        AND ({spend_category:String} = '' OR spend_category = {spend_category:String})
        AND ({supplier:String} = '' OR supplier = {supplier:String})
        AND ({supplier_class:String} = '' OR supplier_class = {supplier_class:String})
        AND ({approver:String} = '' OR approver = {approver:String})
        AND ({system:String} = '' OR system = {system:String})
) AS found
LEFT JOIN (
    SELECT
        violation_id,
        toString(state) AS state
    FROM sightline.violation_states FINAL
    WHERE tenant_id = {tenant_id:String}
) AS decided USING (violation_id)
