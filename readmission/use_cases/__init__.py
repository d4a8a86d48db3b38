"""What the stack does, stage by stage, over the ports."""
