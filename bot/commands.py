"""The one table of commands, buttons and forms: who may, with which options, which action. Adapters show it their way."""
