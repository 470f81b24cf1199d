#!/bin/bash
#SBATCH --job-name="my world"
#SBATCH --array=0-1000%64
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --exclusive
#SBATCH --gres=gpu:a100:4
#SBATCH --partition=gpu
#SBATCH --mail-user=ann@example.org
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@300
#SBATCH --chdir="/scratch/ann's #1"
#SBATCH --output="a \"run\"/logs/slurm-%A_%a.log"

# Made by supplyshock VERSION. Submit it, again if need be; what is done is kept:
#   job0=$(sbatch --parsable --array=0-1000%64 job.sh 0)
#   job1=$(sbatch --parsable --dependency=afterany:$job0 --array=0-1000%64 job.sh 1001)
#   job2=$(sbatch --parsable --dependency=afterany:$job1 --array=0-497%64 job.sh 2002)

module load cuda
export SUPPLYSHOCK_CACHE_DIR="$HOME/cache"

shard=$((${1:-0} + SLURM_ARRAY_TASK_ID + 1))
signalled='' cancelled='' run=''

# USR1 comes to this shell alone, before the time limit: the run ends the blocks in hand and exits with 75.
# TERM (cancelled, preempted, requeued) comes to all processes, and Slurm has decided what follows.
trap 'signalled=yes; kill -USR1 "$run" 2>/dev/null' USR1
trap 'signalled=yes; cancelled=yes' TERM

supplyshock run 'my world.yaml' --set 'title=It'"'"'s "so"' --out 'a run' --shard "$shard/2500" &
run=$!
wait "$run"
code=$?
while [[ $signalled && $code -gt 128 ]]; do # a trap ended the wait, not the run
    signalled=''
    wait "$run"
    code=$?
done

# 138: the signal came before the run could take it
if [[ ($code -eq 75 || $code -eq 138) && ! $cancelled ]]; then
    if [[ ${SLURM_RESTART_COUNT:-0} -lt 5 ]]; then
        echo "shard $shard of 2500: stopped in time, queued again" >&2
        scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
    else
        echo "shard $shard of 2500: queued 5 times already; submit the script again to go on" >&2
    fi
fi
exit "$code"
