{{ municipality_means(ref("int_billed_episode")) }}
