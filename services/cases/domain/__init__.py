"""What a case and a criminal referral are, and which steps the law allows them: no time, no ids, no I/O."""
