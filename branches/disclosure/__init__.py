"""What is told to everybody: publications and stories, each released by a person and withdrawn by one."""
