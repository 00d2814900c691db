# plan 0123456789abcdef: A plan for tests.

# line 1: 2 x p5.48xlarge, aws us-east-1, on_demand; 1 x fp8 on sglang, tp 8 pp 2
# note: the weights of meta-llama/Llama-3.1-405B-Instruct become FP8 while they load; a ready checkpoint starts sooner: name it with --checkpoint

# on instance 1 as the head
python -m sglang.launch_server --model-path meta-llama/Llama-3.1-405B-Instruct \
  --tensor-parallel-size 8 \
  --pipeline-parallel-size 2 \
  --nnodes 2 \
  --node-rank 0 \
  --dist-init-addr HEAD_ADDRESS:5000 \
  --quantization fp8 \
  --context-length 2560 \
  --max-running-requests 24 \
  --mem-fraction-static 0.88 \
  --host 0.0.0.0 \
  --port 8000

# on instance 2, worker 1: HEAD_ADDRESS is that of the head before it
python -m sglang.launch_server --model-path meta-llama/Llama-3.1-405B-Instruct \
  --tensor-parallel-size 8 \
  --pipeline-parallel-size 2 \
  --nnodes 2 \
  --node-rank 1 \
  --dist-init-addr HEAD_ADDRESS:5000 \
  --quantization fp8 \
  --context-length 2560 \
  --max-running-requests 24 \
  --mem-fraction-static 0.88 \
  --host 0.0.0.0 \
  --port 8000
