"""What residents see and send, without an account, an app or a script."""
