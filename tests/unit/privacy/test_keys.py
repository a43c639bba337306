import hashlib
import hmac
import pickle

import pytest

from lus_assets.core.errors import LusError
from lus_assets.privacy.keys import Pseudonymizer
from tests.unit.privacy.numbers import PERSONNUMMER

KEY = "a key of at least thirty-two characters"


def test_a_person_key_is_hmac_sha_256_of_the_normalised_id():
    expected = hmac.new(KEY.encode(), PERSONNUMMER[0].encode(), hashlib.sha256).hexdigest()
    assert Pseudonymizer(KEY).person_keys([PERSONNUMMER[0]]) == [expected]


def test_keys_come_in_the_order_of_the_ids():
    keys = Pseudonymizer(KEY).person_keys(list(PERSONNUMMER))
    assert len(set(keys)) == len(PERSONNUMMER)
    assert keys == [Pseudonymizer(KEY).person_keys([each])[0] for each in PERSONNUMMER]


def test_a_token_never_equals_another_purpose_or_a_person_key():
    pseudonymizer = Pseudonymizer(KEY)
    values = {
        pseudonymizer.tokens("birth_date", ["1990-01-07"])[0],
        pseudonymizer.tokens("ground", ["1990-01-07"])[0],
        pseudonymizer.person_keys(["1990-01-07"])[0],
    }
    assert len(values) == 3


def test_the_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LUS_PSEUDONYM_KEY", KEY)
    assert Pseudonymizer.from_environment().person_keys(["x"]) == Pseudonymizer(KEY).person_keys(
        ["x"]
    )


@pytest.mark.parametrize("text", ["", "short secret", "x" * 31])
def test_without_a_usable_key_nothing_starts_and_nothing_is_told(
    text: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LUS_PSEUDONYM_KEY", text)
    with pytest.raises(LusError) as caught:
        Pseudonymizer.from_environment()
    assert "LUS_PSEUDONYM_KEY" in str(caught.value)
    assert not text or text not in str(caught.value)


def test_no_variable_is_no_key(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("LUS_PSEUDONYM_KEY", raising=False)
    with pytest.raises(LusError):
        Pseudonymizer.from_environment()


def test_the_key_is_neither_shown_nor_pickled():
    pseudonymizer = Pseudonymizer(KEY)
    assert KEY not in f"{pseudonymizer!r} {pseudonymizer}"
    with pytest.raises(TypeError):
        pickle.dumps(pseudonymizer)
