# plan 0123456789abcdef: A plan for tests.

# line 1: 1 x p5.48xlarge, aws us-east-1, on_demand; 2 x int8-w8a8 on sglang, tp 4 pp 1
# note: choose a checkpoint of meta-llama/Llama-3.1-405B-Instruct in INT8 W8A8, and name it with --checkpoint: the repository itself does not hold that format

# on instance 1
CUDA_VISIBLE_DEVICES=0,1,2,3 python -m sglang.launch_server --model-path meta-llama/Llama-3.1-405B-Instruct \
  --tensor-parallel-size 4 \
  --quantization w8a8_int8 \
  --context-length 2560 \
  --max-running-requests 24 \
  --mem-fraction-static 0.88 \
  --host 0.0.0.0 \
  --port 8000

# on instance 1
CUDA_VISIBLE_DEVICES=4,5,6,7 python -m sglang.launch_server --model-path meta-llama/Llama-3.1-405B-Instruct \
  --tensor-parallel-size 4 \
  --quantization w8a8_int8 \
  --context-length 2560 \
  --max-running-requests 24 \
  --mem-fraction-static 0.88 \
  --host 0.0.0.0 \
  --port 8001
