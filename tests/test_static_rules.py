"""What no linter of ours says about the code, and that the rules see what they are for."""

import ast

import pytest

from tests.static_rules import RULES, Source, find_broken, read_sources

BAD = {
    "bare_look_up": ["Issue.objects.get(pk=pk)", "get_object_or_404(Issue, pk=pk)"],
    "secret_compared": ["given.signature == expected", "hook.secret != typed", "a == x.token"],
    "look_ups_from_outside": [
        "rows.filter(**request.query_params)",
        "rows.order_by(*request.GET.getlist('o'))",
        "rows.update(**self.request.data)",
    ],
    "sql_put_together": ["rows.extra(where=[x])", "RawSQL(f'{x}', [])", "rows.raw(text)"],
    "shell": ["subprocess.run(x, shell=True)", "os.system(x)"],
    "unpickled": ["import pickle", "yaml.load(x)", "from marshal import loads", "eval(x)"],
    "unverified": ["get(url, verify=False)", "context.verify_mode = ssl.CERT_NONE"],
    "marked_safe": ["mark_safe(issue.title)", "format_html(f'<b>{x}</b>')", "SafeString(x)"],
    "goes_out": ["import socket", "from urllib.request import urlopen", "import http.client"],
}
GOOD = """
rows = Issue.objects.visible_to(user).get(pk=pk)
other = get_object_or_404(Issue.objects.visible_to(user), pk=pk)
same = constant_time_compare(given.signature, expected)
empty = token == ""
named = rows.filter(**{"pk": 1})
subprocess.run(x, shell=False)
yaml.safe_load(x)
format_html("<b>{}</b>", x)
"""


def test_nothing_breaks_a_rule():
    assert find_broken(read_sources()) == {}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_sees_what_it_is_for_and_leaves_the_rest(rule):
    for code in BAD[rule.__name__]:
        assert find_broken([Source("issues/api/views.py", ast.parse(code))], (rule,)), code
    assert find_broken([Source("issues/api/views.py", ast.parse(GOOD))], (rule,)) == {}
