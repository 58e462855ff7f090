"""Where jobs run: one file each, behind ``protocols.Backend``."""
