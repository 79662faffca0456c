"""Passwords that are guessed first. Rule: what is left beside such words must carry a password by itself.

The words are those that head every list of leaked passwords in Indonesia and elsewhere, and those of this
very office, which somebody who knows where they are tries before all others (NIST SP 800-63B §3.1.1.2).
"""

SHORTEST = 12
LONGEST = 256
LEAST_OWN_LETTERS = 6
LEAST_SIGNS = 5

_WRITTEN = """
password passw0rd pass sandi katasandi rahasia admin administrator user pengguna operator petugas login
masuk qwertyuiop qwerty asdfghjkl asdfgh zxcvbnm abcdef abcdefgh abc letmein welcome selamat datang
iloveyou monkey dragon football sunshine princess master superman batman shadow michael jesus charlie
trustno sayang cinta akucinta kamu bismillah alhamdulillah allah muhammad indonesia merdeka garuda
pancasila jakarta surabaya bandung persib persija doraemon naruto anjing kucing ganteng cantik mawar
melati bunga keluarga mama papa ibu bapak anakku januari februari maret april juni juli agustus september
oktober november desember sambang sragen dinsos dinas sosial kabupaten jateng tengah jawa kemensos pkh
bpnt sembako dtks dtsen bansos ktkpm kis pbi jkn kalijambe gemolong sukowati bupati camat desa kantor demo
contoh pendamping verifikator kabid pengawas
"""
WORDS = tuple(sorted(_WRITTEN.split(), key=len, reverse=True))
"""The longest first, so that a word within another is not taken out of it."""


def weakness(password: str) -> str:
    """Return why a new password is refused, as a key under `kantor.akun`; empty where it is good."""
    if not SHORTEST <= len(password) <= LONGEST or len(set(password)) < LEAST_SIGNS:
        return "sandi_lemah"
    letters = "".join(sign for sign in password.casefold() if sign.isalpha())
    for word in WORDS:
        letters = letters.replace(word, "")
    return "sandi_umum" if len(letters) < LEAST_OWN_LETTERS else ""
