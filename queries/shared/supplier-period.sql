toUInt32(intDiv(
    toUnixTimestamp64Micro({to:DateTime64(6, 'UTC')}) - toUnixTimestamp64Micro(opened_at) - 1,
    {length_us:UInt64}
)) AS period
