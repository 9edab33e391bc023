"""Label templates: where what stands, per paper size."""
