import './extension.test.js';
import './projectFile.test.js';
