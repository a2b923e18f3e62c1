import './job.css';

document.querySelector('#root')?.append('job');
