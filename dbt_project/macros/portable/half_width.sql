{#
Text with the full-width forms of Chinese input methods (U+FF01 to U+FF5E, and the ideographic space) in half width.

Without the quote and the backslash, which the engines do not write alike in a literal.
#}
{% macro half_width(value) -%}
    trim(translate(
        {{ value }},
        '！＂＃＄％＆（）＊＋，－．／０１２３４５６７８９：；＜＝＞？＠ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ［］＾＿｀ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ｛｜｝～　',
        '!"#$%&()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~ '
    ))
{%- endmacro %}
