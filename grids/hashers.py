"""How a one-time password is stored."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class OneTimePasswordHasher(PBKDF2PasswordHasher):
    """Few rounds, for passwords that a machine made from more than 80 random bits.

    Rounds slow down who guesses, and 2^80 guesses take too long without them; a thousand accounts of an import would
    take minutes with the default's. A password that a person chose is never stored so: Django hashes with the first
    of PASSWORD_HASHERS, and does that to this one too as soon as somebody logs in with it.
    """

    algorithm = "pbkdf2_sha256_one_time"
    iterations = 1000

    def verify(self, password: str, encoded: str) -> bool:
        if super().verify(password, encoded):
            return True
        # As slow as for every other account, so that the time of an answer does not tell who waits to log in.
        PBKDF2PasswordHasher().encode(password, self.decode(encoded)["salt"])
        return False
