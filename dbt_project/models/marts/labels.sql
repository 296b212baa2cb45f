-- Words of schemes and segments are configured. Names of clusters and interest groups are found in the data, so their
-- words are too: also those of clusters that are gone, which history names.
select
    field,
    value,
    label_en,
    label_zh
from {{ ref('label_texts') }}
union all
select
    field,
    value,
    label_en,
    label_zh
from {{ source('scores', 'segment_labels') }}
union all
select
    'cluster' as field,
    cluster as value,
    label_en,
    label_zh
from {{ source('scores', 'cluster_labels') }}
