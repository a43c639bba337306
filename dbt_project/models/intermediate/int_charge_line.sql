{{ charge_lines(ref("int_billed_episode"), ref("int_municipality_mean")) }}
