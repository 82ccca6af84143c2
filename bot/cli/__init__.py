"""The command line: ``app`` names every command and its options, the other modules do what they say."""
