{{ charge_lines(ref("int_reviewed_episode"), ref("int_reviewed_mean")) }}
