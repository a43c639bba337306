{{ municipality_means(ref("int_reviewed_episode")) }}
