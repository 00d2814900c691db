# plan 0123456789abcdef: A plan for tests.

# line 1: 1 x p5.48xlarge, aws us-east-1, on_demand; 1 x fp8 on trt-llm, tp 8 pp 1
# note: choose a checkpoint of meta-llama/Llama-3.1-405B-Instruct in FP8, and name it with --checkpoint: the repository itself does not hold that format

# on instance 1
printf 'kv_cache_config:\n  dtype: fp8\n' > trtllm.yml
trtllm-serve meta-llama/Llama-3.1-405B-Instruct \
  --backend pytorch \
  --tp_size 8 \
  --max_batch_size 24 \
  --max_seq_len 2560 \
  --kv_cache_free_gpu_memory_fraction 0.9 \
  --config trtllm.yml \
  --host 0.0.0.0 \
  --port 8000
