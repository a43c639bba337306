{{ municipality_months(ref("int_reviewed_mean"), ref("int_reviewed_line")) }}
